"""Which files of a folder are images of which class; whatever else lies there is counted."""

import collections
import dataclasses
import os
import pathlib
import unicodedata
from collections.abc import Iterable, Mapping

from dartsx.data.checks import few

EXTENSIONS = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".avif"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff", ".gif", ".jp2"),
)
TRAIN = "train"
EVALUATION = ("test", "val", "valid", "validation")
_OTHER_SPELLINGS = ("training", "testing", "eval", "evaluation")


@dataclasses.dataclass(frozen=True)
class Listing:
    """What lies directly in a folder.

    Attributes:
        path: the folder.
        images: files with an image's extension, sorted by name.
        folders: name -> path; names are in the normal form NFC of Unicode, sorted.
        others: number of the other files by extension, and of what is hidden.
    """

    path: pathlib.Path
    images: tuple[pathlib.Path, ...]
    folders: Mapping[str, pathlib.Path]
    others: Mapping[str, int]

    def what_else(self) -> str:
        """What is there besides images, for a message: ``, only folders (a, b)``; nothing if the folder is empty."""
        found = [f"folders ({few(list(self.folders))})"] if self.folders else []
        found += [f"{count} {kind}" for kind, count in self.others.items()]
        return f", only {', '.join(found)}" if found else ""


@dataclasses.dataclass(frozen=True)
class Splits:
    """Where the images of a data set lie.

    Attributes:
        train: class folders by name.
        test: class folders for evaluation, by name; None where there are none.
        left_out: what is not read, in words.
    """

    train: Mapping[str, Listing]
    test: Mapping[str, Listing] | None
    left_out: tuple[str, ...]


def list_folder(path: pathlib.Path) -> Listing:
    """Lists a folder.

    Raises:
        ValueError: if it cannot be read, a name of a folder is no UTF-8 or the same as another's but for the form of
            its Unicode, or something with an image's extension is no file.
    """
    images: list[pathlib.Path] = []
    folders: dict[str, pathlib.Path] = {}
    others: collections.Counter[str] = collections.Counter()
    for entry in _entries(path):
        suffix = pathlib.Path(entry.name).suffix.lower()
        if entry.name.startswith("."):
            others["hidden"] += 1
        elif suffix in EXTENSIONS:
            images.append(_checked_image(entry))
        elif entry.is_dir():
            _add(folders, require_utf8(entry.name, f"folder in {path}"), pathlib.Path(entry.path))
        else:
            others[printable(suffix) or "without extension"] += 1
    images.sort(key=lambda image: (unicodedata.normalize("NFC", image.name), image.name))
    return Listing(path, tuple(images), dict(sorted(folders.items())), dict(sorted(others.items())))


def find_splits(path: pathlib.Path) -> Splits:
    """Finds the class folders of a data set.

    Raises:
        FileNotFoundError: if the folder does not exist.
        ValueError: if its layout is none of those that `dartsx.data.folders` reads; says what was found.
    """
    if not path.exists():
        raise FileNotFoundError(f"no such folder of images: {path}{close_to(path)}")
    if not path.is_dir():
        raise ValueError(f"{path} is a file, not a folder of images; unpack it if it is an archive")
    root = list_folder(path)
    named = {name: _named(root, name) for name in (TRAIN, *EVALUATION)}
    train = named.pop(TRAIN)
    evaluation = [folder for folder in named.values() if folder is not None]
    if train is None or not _holds_classes(root, train, bool(evaluation)):
        return Splits(_classes(root), None, _left_out(root, root.folders))
    used = [train, *evaluation[:1]]
    inner = [list_folder(folder) for folder in used]
    if evaluation and inner[1].images and not inner[1].folders:
        raise ValueError(
            f"{used[1]} holds {len(inner[1].images)} images but no folder per class, so that they have no labels; move "
            f"it out of {path} to have a share of the images in {train.name} held out"
        )
    left_out = [*_left_out(root, {f.name: f for f in used}), *(line for each in inner for line in _stray(each))]
    classes = [_classes(each) for each in inner]
    return Splits(classes[0], classes[1] if evaluation else None, tuple(left_out))


def close_to(path: pathlib.Path) -> str:
    """For messages: what lies where a missing path leads, if its name differs in capitals or form of Unicode only."""
    name = unicodedata.normalize("NFC", path.name).casefold()
    there = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    close = [each.name for each in there if unicodedata.normalize("NFC", each.name).casefold() == name]
    return f" (there is {few(close)}, other in capitals or in the form of its Unicode)" if close else ""


def count_files(path: pathlib.Path) -> int:
    """Number of files in a folder and the folders below."""
    return sum(len(files) for _, _, files in os.walk(path))


def require_utf8(name: str, what: str) -> str:
    """Returns a name of a file or folder that can be written down.

    Raises:
        ValueError: if its bytes are no UTF-8, as of archives that another system packed.
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(
            f"the name of {what} is no UTF-8: {printable(name)} (archives of other systems unpack so); rename it"
        ) from None
    return name


def printable(name: str) -> str:
    """A name with escapes for bytes that are no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _entries(path: pathlib.Path) -> list[os.DirEntry]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError as error:
        raise ValueError(f"folder {path} cannot be read: {error.strerror}") from error


def _checked_image(entry: os.DirEntry) -> pathlib.Path:
    if entry.is_file():
        return pathlib.Path(entry.path)
    kind = "a folder" if entry.is_dir() else "a link that leads nowhere" if entry.is_symlink() else "no regular file"
    raise ValueError(f"{printable(entry.path)} has the name of an image but is {kind}; rename or remove it")


def _add(folders: dict[str, pathlib.Path], name: str, path: pathlib.Path) -> None:
    normal = unicodedata.normalize("NFC", name)
    if normal in folders:
        raise ValueError(
            f"{path.parent} has two folders {normal} whose names differ only in the form of their Unicode (accents "
            "composed, NFC, or apart, NFD); merge them"
        )
    folders[normal] = path


def _named(root: Listing, name: str) -> pathlib.Path | None:
    """The folder of this name in whatever case."""
    found = [path for given, path in root.folders.items() if given.casefold() == name]
    if len(found) > 1:
        raise ValueError(f"{root.path} has the folders {few([p.name for p in found])}; keep one called {name}")
    return found[0] if found else None


def _holds_classes(root: Listing, train: pathlib.Path, evaluation: bool) -> bool:
    """Whether a folder called train is a split, and not a class beside others (trains on pictures)."""
    inner = list_folder(train)
    others = [name for name in root.folders if name.casefold() not in (TRAIN, *EVALUATION)]
    if inner.folders and (evaluation or not inner.images or not others):
        return True
    if inner.images and not others:
        raise ValueError(
            f"{train} holds {len(inner.images)} images but no folder per class; expected {train / 'CLASS' / '1.png'}"
        )
    return False


def _classes(root: Listing) -> dict[str, Listing]:
    if not root.folders:
        here = f"{len(root.images)} images and " if root.images else ""
        raise ValueError(
            f"{root.path} has {here}no folders: expected one folder of images per class, "
            "e.g. PATH/cat/1.png and PATH/dog/1.png, or PATH/train/cat/1.png"
        )
    if all(name.casefold() in (TRAIN, *EVALUATION) for name in root.folders) and len(root.folders) > 1:
        raise ValueError(
            f"{root.path} has the folders {few(list(root.folders))} of splits but no {TRAIN} with a folder per class"
        )
    return {name: list_folder(path) for name, path in root.folders.items()}


def require_images(classes: Mapping[str, Listing]) -> None:
    """Raises a ValueError for a class without images, which says what its folder holds instead."""
    for name, listing in classes.items():
        if listing.images:
            continue
        hint = f"; looked for {', '.join(EXTENSIONS)}"
        if listing.folders:
            hint = ": they must lie directly in it, not in folders inside"
            if len(classes) == 1:
                hint += f" (did you mean folder:{listing.path}?)"
        if name.casefold() in (*EVALUATION, *_OTHER_SPELLINGS):
            hint += f"; folders of splits are called {TRAIN} and {' or '.join(EVALUATION)}, {TRAIN} among them"
        raise ValueError(f"class folder {listing.path} has no images{listing.what_else()}{hint}")


def _left_out(root: Listing, used: Mapping[str, pathlib.Path]) -> tuple[str, ...]:
    """What lies in the folder of a data set and is not read, folders with their number of files."""
    unused = [path for path in root.folders.values() if path not in used.values()]
    folders = tuple(f"folder {path.name} ({count_files(path)} files)" for path in unused)
    return (*folders, *_stray(root))


def _stray(listing: Listing) -> Iterable[str]:
    """Files that lie beside class folders."""
    found = {"images": len(listing.images), **listing.others}
    return [f"{count} {kind} directly in {listing.path.name}" for kind, count in found.items() if count]
