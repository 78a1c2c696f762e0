"""What a LinkedIn response answers, by the form that was fetched with it. Pure.

Source: LinkedIn Marketing documentation, "Lead Sync Schema": an answer carries the number of a question, and
for a multiple choice the ids of options; `content.questions` says what was asked and `options` their texts.
"""

from collections.abc import Mapping
from typing import Any

from rulebook.scalars import as_text, scalar

_DETAILS = ("answerDetails", "accepted")


def with_names(response: dict[str, Any]) -> dict[str, Any]:
    """The response whose answers carry what they answer.

    An answer gets `name`: the predefined field as in `firstName`, else the question's own name or number. A
    chosen option is written by its text, or by its id where the form has no text for it.
    """
    form = response.get("form")
    questions = _questions(form)
    if isinstance(form, dict):  # what was asked is known by now, and is not the buyer's
        response = response | {"form": {name: form[name] for name in form if name != "content"}}
    form_response = response["formResponse"]
    answers = form_response.get("answers")
    if not isinstance(answers, list):
        return response
    read = [_read(each, questions) if isinstance(each, dict) else each for each in answers]
    return response | {"formResponse": form_response | {"answers": read}}


def _questions(form: Any) -> dict[Any, dict[str, Any]]:
    content = form.get("content") if isinstance(form, dict) else None
    questions = content.get("questions") if isinstance(content, dict) else None
    return {
        each["questionId"]: each
        for each in (questions if isinstance(questions, list) else [])
        if isinstance(each, dict) and isinstance(each.get("questionId"), int | str)
    }


def _read(answer: dict[str, Any], questions: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    number = answer.get("questionId")
    question = questions.get(number, {}) if isinstance(number, int | str) else {}
    if not question:
        return answer
    answer = _with_texts(answer, _texts(question))
    if "name" in answer:
        return answer
    predefined = question.get("predefinedField")
    name = _camel(predefined) if isinstance(predefined, str) else question.get("name") or str(number)
    return answer | {"name": name}


def _with_texts(answer: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    for place in _DETAILS:
        details = answer.get(place)
        chosen = details.get("multipleChoiceAnswer") if isinstance(details, dict) else None
        if isinstance(details, dict) and isinstance(chosen, dict) and isinstance(chosen.get("options"), list):
            options = [texts.get(as_text(scalar(each)), each) for each in chosen["options"]]
            answer = answer | {place: details | {"multipleChoiceAnswer": chosen | {"options": options}}}
    return answer


def _texts(question: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a question's options by their ids, each in the first language that the form has."""
    found: Any = question
    for name in ("questionDetails", "multipleChoiceQuestionDetails", "options"):
        found = found.get(name) if isinstance(found, Mapping) else None
    texts: dict[str, str] = {}
    for option in found if isinstance(found, list) else []:
        text = option.get("text") if isinstance(option, dict) else None
        localized = text.get("localized") if isinstance(text, dict) else None
        first = next(iter(localized.values()), None) if isinstance(localized, dict) else text
        if isinstance(first, str) and first.strip():
            texts[as_text(scalar(option.get("id")))] = first
    return texts


def _camel(text: str) -> str:
    first, *rest = text.lower().split("_")
    return first + "".join(each.capitalize() for each in rest)
