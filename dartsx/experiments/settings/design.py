"""What a comparison of spaces does not do with a config."""

from __future__ import annotations

from dartsx.catalog import BOXES_PREFIX, GROUPED_FORMS, MASKS_PREFIX, SCENES, is_text
from dartsx.experiments.settings.errors import wrong
from dartsx.experiments.settings.settings import EvaluateSettings


def check_design(settings: EvaluateSettings) -> None:
    """Checks that networks drawn from spaces can be trained as the settings say.

    Raises:
      SettingsError: naming the field.
    """
    data, group = settings.dataset, settings.evaluate
    if is_text(data.name) or data.name in SCENES or data.name.startswith((BOXES_PREFIX, MASKS_PREFIX)):
        raise wrong("dataset.name", data.name, "dartsx design compares spaces by classification; choose such images")
    unset = {"dataset.upscale": data.upscale, "dataset.stream": data.stream, "network": settings.network}
    unset |= {"genotype": settings.genotype_label}
    unset |= {f"evaluate.{name}": getattr(group, name) for name in ("initial_weights", "auxiliary", "drop_path")}
    for field, value in unset.items():
        if value:
            problem = "dartsx design trains drawn networks of classes from first weights, as they are; leave it out"
            raise wrong(field, value, problem)
    if group.form is not None and group.form not in GROUPED_FORMS:
        allowed = ", ".join(GROUPED_FORMS)
        raise wrong("evaluate.form", group.form, f"not a form for a described network; choose one of {allowed}")
