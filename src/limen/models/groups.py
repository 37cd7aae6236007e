"""Groups of the 1,000 classes of ImageNet (ILSVRC 2012), so that a target can be "dog" and not 118 breeds.

The classes come in one order everywhere, and animals of a kind stand together in it: most groups are ranges. They are
our own reading of that order.
"""

from __future__ import annotations

from collections.abc import Iterator

LANDMARKS = {0: "tench", 162: "beagle", 207: "golden retriever", 281: "tabby", 404: "airliner", 963: "pizza"}
"""Names at a few places that tell the classes of ImageNet from any other 1,000."""
SIZE = 1000

_RANGES = {
    "animal": "0-397",
    "fish": "0-6 389-397",
    "shark": "2-4",
    "ray": "5-6",
    "bird": "7-24 80-100 127-146",
    "parrot": "87-90",
    "salamander": "25-29",
    "frog": "30-32",
    "reptile": "33-68",
    "turtle": "33-37",
    "lizard": "38-48",
    "crocodilian": "49-50",
    "snake": "52-68",
    "spider": "72-77",
    "mammal": "101-106 147-299 330-388",
    "crab": "118-121",
    "crustacean": "118-126",
    "whale": "147-148",
    "dog": "151-268",
    "hound": "159-177",
    "terrier": "179-204",
    "retriever": "205-209",
    "spaniel": "152 156 215-221",
    "poodle": "265-267",
    "wolf": "269-272",
    "wild dog": "273-275",
    "fox": "277-280",
    "cat": "281-285",
    "wild cat": "286-293",
    "big cat": "288-293",
    "bear": "294-297",
    "insect": "300-326",
    "beetle": "300-307",
    "butterfly": "321-326",
    "rabbit": "330-332",
    "rodent": "333-338",
    "pig": "341-343",
    "cattle": "345-347",
    "sheep": "348-349",
    "antelope": "351-353",
    "primate": "365-384",
    "ape": "365-369",
    "monkey": "370-382",
    "elephant": "101 385-386",
    "aircraft": "404 405 417 895",
    "airplane": "404 895",
    "vehicle": "403-405 407 408 417 436 444 450 466 468 472 484 510 511 537 547 554 555 561 565 569 573 575 576 586 "
    "595 603 609 612 625 627 628 654 656 661 665 670 671 675 690 705 717 724 734 751 757 779 780 802 803 812 814 817 "
    "820 829 833 847 856 864 866 867 870 871 874 880 895 914",
    "car": "407 436 468 511 609 627 656 661 751 817",
    "truck": "555 569 675 717 864 867",
    "bus": "654 779 874",
    "train": "466 547 565 705 820",
    "bicycle": "444 671",
    "motorcycle": "665 670",
    "boat": "403 472 484 510 554 576 625 628 724 780 814 833 871 914",
    "ball": "429 430 522 574 722 768 805 852 890",
    "musical instrument": "401 402 420 432 486 494 513 541 546 558 566 577 579 593 594 641 642 683 684 687 699 776 822 "
    "875 881 889",
    "guitar": "402 546",
    "piano": "579 881",
    "clock": "409 530 892",
    "computer": "527 590 620 681",
    "bottle": "440 737 898 907",
    "hat": "439 452 515 808",
    "shoe": "502 514 630 770 774",
    "food": "924-957 959-965 987",
    "bread": "930-932",
    "vegetable": "936-946",
    "fruit": "948-957",
    "drink": "966 967 969",
    "flower": "985 986",
    "fungus": "991-997",
}
NAMES = tuple(sorted(_RANGES))
"""The names of the groups."""


def group(name: str, classes: tuple[str, ...] | None) -> tuple[int, ...] | None:
    """The numbers of the classes in a group, such as all breeds for "dog"; plurals are known too.

    None where the classes are not the 1,000 of ImageNet in their usual order, or the group is not in NAMES.
    """
    if classes is None or not is_imagenet(classes):
        return None
    asked = _plain(name)
    for one in (asked, asked.removesuffix("s"), asked.removesuffix("es")):
        if one in _RANGES:
            return tuple(_numbers(_RANGES[one]))
    return None


def is_imagenet(classes: tuple[str, ...]) -> bool:
    """Whether class names are those of ImageNet in their usual order; of synonyms the first counts."""
    return len(classes) == SIZE and all(
        _plain(classes[number]).partition(",")[0] == name for number, name in LANDMARKS.items()
    )


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


def _numbers(ranges: str) -> Iterator[int]:
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
