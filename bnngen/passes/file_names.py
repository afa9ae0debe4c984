"""Model file   =>   the names and the preprocessing that it carries, checked to suit the network."""

from __future__ import annotations

import onnx

from bnngen.base.errors import ModelFileError
from bnngen.reference.names import NO_NAMES, PREFIX, Names, names_in_metadata
from bnngen.reference.network import Network


def file_names(model: onnx.ModelProto, network: Network, whole: bool = True) -> Names:
    """What the metadata of ``model`` say of ``network``.

    Names that don't suit the network are left away where it is not the ``whole`` one of the file. Raises
    ModelFileError, which names the key, if they are damaged, or those of another network.
    """
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    try:
        names = names_in_metadata(metadata)
        _check(names, network)
    except ValueError as error:
        if not whole:
            return NO_NAMES
        raise ModelFileError(
            f"the model's metadata are damaged, {PREFIX}{error}: export or train the model again, or remove "
            "this key"
        ) from None
    return names


def _check(names: Names, network: Network) -> None:
    """Raises ValueError."""
    if names.classes and len(names.classes) != network.classes_out:
        raise ValueError(f"classes: {len(names.classes)} names for {network.classes_out} classes")
    preprocessing, type_ = names.preprocessing, network.quantizer.type
    if preprocessing is None:
        return
    if names.columns and names.columns != preprocessing.names:
        raise ValueError("columns: they are not those of the preprocessing")
    if preprocessing.elements != network.elements_in:
        raise ValueError(
            f"preprocessing: it makes {preprocessing.elements} elements, and the network takes "
            f"{network.elements_in}"
        )
    for name, codes in preprocessing.possible_codes.items():
        if not type_.holding(codes).all():
            raise ValueError(f"preprocessing: {name} makes codes that are no {type_}")
