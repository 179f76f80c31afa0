"""What a small generator, trained in seconds, is made from."""

from framework_plugin.generation.settings import GeneratorSettings

DIALOGUES = """
U: 我叫{name} | 叫我{name} | 我的名字是{name}
B: {name}，很高兴认识你。

U: 我喜欢{like} | 我爱{like} | 平时就爱{like}
B: {like}真好，我记下啦。
U: 你呢 | 那你呢
B: 我喜欢听雨声。

@ name
U: 早上好 | 早安 | 早啊
B: 早，{name}！

@ -name
U: 早上好 | 早安 | 早啊
B: 早呀，怎么称呼你？

U: 今天好累 | 累死我了 | 今天真累啊
B: 辛苦了，早点休息。
U: 睡不着 | 可是睡不着 | 翻来覆去睡不着
B: 泡个脚，听听雨声。

U: 下雨了 | 外面在下雨 | 今天又下雨
B: 记得带伞。

U: 我考试没过 | 考砸了 | 考试挂了
B: 一次没过不算什么，下次再来。
"""

OPTIONS = {
    "min_word_count": 1,
    "source_units": "words",
    "character_embeddings": True,
    "embedding_size": 32,
    "embedding_deviation": 0.3,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_units": 24,
    "decoder_units": 48,
    "batch_size": 4,
    "epochs": 90,
    "patience": 90,
    "learning_rate": 0.01,
    "schedule": "linear",
    "warmup": 0.0,
    "dropout": 0.1,
    "word_dropout": 0.0,
    "label_smoothing": 0.0,
    "clip_norm": 5.0,
    "average_decay": 0.9,
    "training_precision": "fp32",
    "random_seed": 7,
}
SMALL = GeneratorSettings.read(OPTIONS)

UNANSWERABLE = (
    *("asdfgh", "zzz qqq", "qwer zxcv", "hello world", "print(x)", "1+1", "3*7=?"),
    *("股票代码多少", "法国首都", "怎么退货", "邮费几块", "翻译这段话", "汇率是多少"),
    *("量子力学", "微积分", "写一篇论文", "谁发明了电灯", "几点开门", "多少钱一斤"),
    *("勾股定理", "黑洞怎么来的", "发票抬头", "优惠券在哪", "编译报错", "退款到账没"),
)


class Silent:
    """Progress that is not shown, but remembers what it was told."""

    def __init__(self) -> None:
        self.epochs: list[int] = []

    def epoch_started(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        self.epochs.append(epoch)

    def step_done(self, loss: float, tokens_per_second: float) -> None:
        pass

    def epoch_done(self, result: object) -> None:
        pass

    def stage(self, name: str) -> None:
        pass
