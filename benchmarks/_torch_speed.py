"""The PyTorch side of training_speed.py; prints the seconds for all batches."""

import os
import sys
import time

import numpy as np
import torch
from torch import nn

WORDS, LONGEST, BATCH, STEPS = 8_000, int(os.environ["LONGEST"]), 64, 16


def batches() -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    rng = np.random.default_rng(7)
    rows = []
    for _ in range(BATCH * STEPS):
        length = 4 + int(min(rng.geometric(0.15), LONGEST - 4))
        source = rng.integers(4, WORDS, length).tolist()
        rows.append((source, rng.integers(4, WORDS, length).tolist()))
    rows.sort(key=lambda row: (len(row[1]), len(row[0])))
    made = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        made.append(
            (
                padded([source for source, _ in part]),
                padded([[2, *reply] for _, reply in part]),
                padded([[*reply, 3] for _, reply in part]),
            )
        )
    return made


def padded(rows: list[list[int]]) -> torch.Tensor:
    tensors = [torch.tensor(row) for row in rows]
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True)


class Network(nn.Module):
    """The sizes of the project's defaults."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, 256)
        self.encoder = nn.LSTM(
            256, 256, 2, batch_first=True, bidirectional=True, dropout=0.35
        )
        self.decoder = nn.LSTM(256, 512, 2, batch_first=True, dropout=0.35)
        self.hidden = nn.Linear(512, 1024)
        self.memory = nn.Linear(512, 1024)
        self.query = nn.Linear(512, 512, bias=False)
        self.combine = nn.Linear(1024, 256)
        self.bias = nn.Parameter(torch.zeros(WORDS))
        self.drop = nn.Dropout(0.35)

    def forward(self, source: torch.Tensor, reply: torch.Tensor) -> torch.Tensor:
        read, (h, c) = self.encoder(self.drop(self.embedding(source)))
        read = self.drop(read)
        hidden = torch.tanh(self.hidden(torch.cat([h[2], h[3]], -1)))
        memory = self.memory(torch.cat([c[2], c[3]], -1))
        first = tuple(
            torch.stack(x.chunk(2, -1)).contiguous() for x in (hidden, memory)
        )
        said, _ = self.decoder(self.drop(self.embedding(reply)), first)
        said = self.drop(said)
        energy = self.query(said) @ read.transpose(1, 2)
        energy = energy.masked_fill((source == 0)[:, None], -1e9)
        context = energy.softmax(-1) @ read
        features = torch.tanh(self.combine(torch.cat([said, context], -1)))
        features = self.drop(features)[reply != 0]
        return features @ self.embedding.weight.T + self.bias


def main() -> None:
    precision, rounds = sys.argv[1], int(sys.argv[2])
    torch.manual_seed(7)
    network = Network()
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    data = batches()

    def run() -> None:
        for source, reply_in, reply_out in data:
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                scores = network(source, reply_in)
                loss = loss_of(scores.float(), reply_out[reply_out != 0])
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()

    run()
    started = time.perf_counter()
    for _ in range(rounds):
        run()
    print((time.perf_counter() - started) / rounds)


if __name__ == "__main__":
    main()
