"""Promises in English: warnings, breaches, reminders, and what is only tried."""

PROMISES: dict[str, str] = {
    "subject.warned.next_response": "{who} asked again and waits until {when}",
    "subject.warned.next_attempt": "Try {who} again by {when}",
    "subject.warned.outcome": "{who}: say by {when} how it goes",
    "subject.gone": "{subject}; {gone} of the time is gone",
    "subject.breached.accept": "{rep} did not accept {who} in time",
    "subject.breached.next_response": "{who} asked again, and {rep} did not answer in time",
    "subject.breached.next_attempt": "{rep} did not try {who} again in time",
    "subject.breached.outcome": "{rep} did not say in time how it goes with {who}",
    "subject.reminded": "{who}: still unanswered, reminder {number} of {most}",
    "subject.reminded.accept": "{who}: still not accepted, reminder {number} of {most}",
    "subject.reminded.next_attempt": "{who}: still not tried again, reminder {number} of {most}",
    "subject.reminded.outcome": "{who}: still no outcome, reminder {number} of {most}",
    "subject.reminded_lead": "{rep}, {reminder}",
    "intro.warned.next_response": "Hello {name}, the buyer asked again, and your time to answer is running "
    "out.",
    "intro.warned.next_attempt": "Hello {name}, your time to try this buyer again is running out.",
    "intro.warned.outcome": "Hello {name}, your time to say how it goes with this lead is running out.",
    "intro.breached.accept": "Hello {name}, this lead was not accepted by {rep} in time and needs your "
    "decision.",
    "intro.breached.next_response": "Hello {name}, the buyer of this lead of {rep} asked again and was not "
    "answered in time.",
    "intro.breached.next_attempt": "Hello {name}, the next attempt that {rep} promised to reach this buyer "
    "was not made in time.",
    "intro.breached.outcome": "Hello {name}, {rep} has not said in the agreed time how it goes with this "
    "lead.",
    "intro.reminded": "Hello {name}, this promise was due by {when} and is still open.",
    "intro.reminded_lead": "Hello {name}, the promise of {rep} was due by {when} and is still open.",
    "trial.subject": "[Trial] {subject}",
    "trial.mark": "Trial of {agreement}: nothing follows from it.",
    "trial.breached": "Hello {name}, under the agreement on trial {rep} would have broken a promise on "
    "this lead.",
    "deadline.next_response": "Next response by {when}",
    "deadline.next_attempt": "Next attempt by {when}",
    "deadline.outcome": "Outcome by {when}",
}
