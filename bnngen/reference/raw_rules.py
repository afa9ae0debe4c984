"""How raw values become the accelerator's codes: the rules of a record, for columns or for samples."""

from __future__ import annotations

from collections.abc import Mapping

from bnngen.reference.preprocessing import Preprocessing, preprocessing_of
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.reference.sample_thermometer import SampleThermometer, samples_of

RawRules = Preprocessing | SampleThermometer | ResizedSamples


def rules_of(data: object) -> RawRules:
    """The rules that `to_data` of any kind has written. Raises ValueError that says what is wrong."""
    if not isinstance(data, Mapping) or data.get("rounding") != "float32":
        raise ValueError("it has no 'rounding' that is 'float32'")
    return samples_of(data["samples"]) if "samples" in data else preprocessing_of(data)
