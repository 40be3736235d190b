"""A framework as our own YAML file. Pure; `mappings.framework.load_yaml` reads it back as it was."""

from typing import Any

import yaml

from mappings.framework import Framework, Group, LearningCategory, Named


class _Dumper(yaml.SafeDumper):
    """Without anchors, which people stumble over."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as the base class asks
        return True


def dump_yaml(framework: Framework) -> str:
    """The text of a file that says what `framework` says."""
    top = {
        "framework": _head(framework),
        "groups": [_group(each) for each in framework.groups],
        "stages": [_named(each) for each in framework.stages],
        "dimensions": [_dimension(framework, each) for each in framework.dimensions],
        "requirements": [
            {"stage": each.stage, "groups": list(each.groups), "competencies": list(each.competencies)}
            for each in framework.requirements
        ],
        "learning_categories": [_category(each) for each in framework.categories],
    }
    if framework.crosswalks:
        top["crosswalk"] = _crosswalks(framework)
    return yaml.dump(top, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _head(framework: Framework) -> dict[str, Any]:
    head = {
        "id": framework.code,
        "version": framework.version,
        "title_th": framework.title_th,
        "title_en": framework.title_en,
        "issuer": {"th": framework.issuer_th},
        "document_no": framework.document_no,
        "valid_from": framework.valid_from,
    }
    return head if framework.valid_to is None else head | {"valid_to": framework.valid_to}


def _group(group: Group) -> dict[str, str]:
    return {"id": group.code, "name_en": group.name_en, "label_th": group.label_th}


def _named(one: Named) -> dict[str, Any]:
    return {"id": one.code, "name_th": one.name_th, "name_en": one.name_en}


def _dimension(framework: Framework, dimension: Named) -> dict[str, Any]:
    listed = [
        {"id": each.code, "name_th": each.name_th, "name_en": each.name_en}
        for each in framework.competencies
        if each.dimension == dimension.code
    ]
    return _named(dimension) | {"competencies": listed}


def _category(category: LearningCategory) -> dict[str, Any]:
    return {
        "id": category.code,
        "weight": category.weight,
        "name_en": category.name_en,
        "description_th": category.description_th,
        "modes": list(category.modes),
    }


def _crosswalks(framework: Framework) -> list[dict[str, Any]]:
    return [
        {
            "framework": {"id": each.framework, "version": each.version},
            "becomes": [{"from": step.old, "to": list(step.new)} for step in each.steps],
        }
        for each in framework.crosswalks
    ]
