"""Command that downloads a TFDS data set and prepares it for dartsx.

    python -m dartsx.data.prepare cifar10 --data_dir=DIR

Needs TensorFlow, which the extra ``download`` installs: TFDS encodes images with it. Reading the
result does not. ``digits`` needs neither TensorFlow nor a network.
"""

import argparse
import importlib.util
import pathlib
import sys

from dartsx.catalog import how_to_install
from dartsx.data.prepared import (
    default_data_dir,
    find_builder,
    open_prepared,
    require_known_name,
)


def prepare(name: str, data_dir: pathlib.Path) -> None:
    """Downloads and prepares a TFDS data set in array_record format, unless that is done already.

    Args:
        name: TFDS name, with ``/configuration`` where wanted.
        data_dir: TFDS directory; made if it does not exist.

    Raises:
        WrongFormatError: if it is prepared there in another format; says how to convert it.
        ModuleNotFoundError: if TensorFlow is not installed.
        ValueError: if TFDS knows no data set of this name.
    """
    if name == "digits":
        from dartsx.data.digits import prepare_digits

        return prepare_digits(data_dir)
    try:
        find_builder(name, data_dir)
    except FileNotFoundError:
        _download(name, data_dir)
    open_prepared(name, data_dir)


def _download(name: str, data_dir: pathlib.Path) -> None:
    require_known_name(name)
    if importlib.util.find_spec("tensorflow") is None:
        raise ModuleNotFoundError(
            f"preparing {name!r} needs TensorFlow, which is not installed: "
            f"{how_to_install('download')}. (Reading it later does not need TensorFlow.)"
        )
    import tensorflow_datasets as tfds

    builder = tfds.builder(name, data_dir=str(data_dir), file_format="array_record")
    # The copies that TFDS hosts are in tfrecord format, so they are of no use here.
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    builder.download_and_prepare(download_config=config, file_format="array_record")


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(prog="python -m dartsx.data.prepare", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", help="TFDS name, e.g. cifar10")
    parser.add_argument("--data_dir", type=pathlib.Path, default=default_data_dir(), help="default: %(default)s")
    options = parser.parse_args(arguments)
    data_dir = options.data_dir.expanduser()
    try:
        prepare(options.name, data_dir)
    except (ValueError, ImportError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{options.name} is prepared in {data_dir}")


if __name__ == "__main__":
    main()
