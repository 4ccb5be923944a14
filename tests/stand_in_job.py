"""A stand-in for a search: a `Job` that writes files as one does, saves every epoch, and computes nothing."""

import json
import os
import pathlib
import signal
import time

from dartsx.experiments.settings import SettingsError


def run(config, folder, pause_after=None):
    """Goes on after the epoch that was saved last; the config says what becomes of it."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    saved, stopped = folder / "saved", []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    if config.get("wrong"):
        raise SettingsError("wrong")
    for epoch in range(int(saved.read_text()) if saved.exists() else 0, config.epochs):
        if epoch == pause_after or stopped or config.get("stops"):
            return False
        with open(folder / "begun", "a") as file:
            file.write(f"{epoch}\n")
        _die(config, folder, epoch)
        time.sleep(config.get("seconds", 0))
        row = {
            "epoch": epoch + 1,
            "split": "valid",
            "loss": 1.0,
            "accuracy": config.score * (epoch + 1) / config.epochs,
        }
        with open(folder / "metrics.jsonl", "a") as file:
            file.write(json.dumps(row) + "\n")
        saved.write_text(str(epoch + 1))
    if config.get("fails"):
        raise FloatingPointError(config.fails)
    result = {"search": None, "valid_accuracy": config.score, **config.get("result", {})}
    (folder / "result.json").write_text(json.dumps(result))
    return True


def _die(config, folder, epoch):
    again = (folder / "died").exists()
    if config.get("kills_itself_in") == epoch and (config.get("always") or not again):
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
