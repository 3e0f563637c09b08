#!/usr/bin/env bash
# Trains and packs all pretrained models, one after another: the same command
# goes on from where it was stopped. pretrain_all.sh [FOLDER OF THE RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-out/pretrained}
for family in gru lstm cnn structure infill vae gan; do
  .venv/bin/python -m experiments.pretrain \
    --name="$family-chorales" --workdir="$runs/$family"
done
