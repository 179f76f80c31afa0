#!/bin/sh
# Trains the assistant unless the newest model is of the data and code as they stand.

set -eu
cd "$(dirname "$0")/.."
STAMP=models/.trained

# Folders of data are compared too: their times tell of files that were removed.
changed() {
    find config.yml domain stories nlu_data -newer "$STAMP" -print
    find framework_plugin/text framework_plugin/corpus framework_plugin/generation \
        framework_plugin/components framework_plugin/settings.py \
        -name '__pycache__' -prune -o -type f -newer "$STAMP" -print
}

if [ -e "$STAMP" ] && ls models/*.tar.gz >/dev/null 2>&1 && [ -z "$(changed)" ]; then
    exit 0
fi
mkdir -p models
# What is edited during the training must count as changed after it.
touch "$STAMP.begun"
# What a chat prints afterwards may be read by a program.
.venv/bin/personal-chat train >&2
mv "$STAMP.begun" "$STAMP"
