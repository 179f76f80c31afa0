# Everything a fresh clone needs: `make chat` and `make test` prepare what is missing.
.POSIX:
.PHONY: help setup chat serve train test lint format docs bench lock clean
BIN = .venv/bin
# Of the tests: one for each core, up to four. Each takes up to 2 GB.
PROCESSES = auto
# Where Python is told to keep no bytecode, each start would compile TensorFlow anew.
export PYTHONDONTWRITEBYTECODE =
COMPILE = uv pip compile pyproject.toml --python-platform x86_64-manylinux_2_28 \
	--python-version 3.10 --generate-hashes --no-emit-index-url --no-header --quiet

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: ## Install Python 3.10 and every package into .venv
	@scripts/bootstrap.sh

chat: train ## Talk with the assistant here
	@$(BIN)/personal-chat chat $(ARGS)

serve: train ## Serve the chat page and the other channels
	@$(BIN)/personal-chat serve $(ARGS)

train: setup ## Train the assistant, if its data or code changed
	@scripts/train_if_changed.sh

test: train ## Run every test (ARGS="-m 'not slow'" for the quick ones)
	$(BIN)/pytest -n $(PROCESSES) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## Check style, types and floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## Write the page of options anew
	$(BIN)/python scripts/options_page.py

bench: setup ## Run the benchmarks that need no data from elsewhere
	@for name in tokenizer tracker_store turn_latency reply_quality reply_latency training_speed; do \
		echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done

lock: ## Pin all packages anew in requirements.lock, and those of the image
	@scripts/bootstrap.sh $(COMPILE) --all-extras -o requirements.lock $(ARGS)
	@scripts/bootstrap.sh $(COMPILE) --constraint requirements.lock \
		--extra documents --extra mysql --extra silk --extra voice --extra wechat \
		--extra whisper -o deploy/requirements.lock

clean: ## Remove what was built: environments, models, caches; never the memory
	rm -rf .venv .bootstrap .rasa .personal_chat models results *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
