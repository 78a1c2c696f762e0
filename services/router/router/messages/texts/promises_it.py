"""Promises in Italian: warnings, breaches, reminders, and what is only tried."""

PROMISES: dict[str, str] = {
    "subject.warned.next_response": "{who} ha chiesto di nuovo e aspetta fino a {when}",
    "subject.warned.next_attempt": "Riprovi con {who} entro {when}",
    "subject.warned.outcome": "{who}: dica entro {when} come va",
    "subject.gone": "{subject}; è passato il {gone} del tempo",
    "subject.breached.accept": "{rep} non ha accettato in tempo: {who}",
    "subject.breached.next_response": "{who} ha chiesto di nuovo e {rep} non ha risposto in tempo",
    "subject.breached.next_attempt": "{rep} non ha riprovato in tempo con {who}",
    "subject.breached.outcome": "{rep} non ha detto in tempo come va con {who}",
    "subject.reminded": "{who}: ancora senza risposta, promemoria {number} di {most}",
    "subject.reminded.accept": "{who}: ancora da accettare, promemoria {number} di {most}",
    "subject.reminded.next_attempt": "{who}: manca ancora il tentativo successivo, promemoria {number} "
    "di {most}",
    "subject.reminded.outcome": "{who}: ancora nessun esito, promemoria {number} di {most}",
    "subject.reminded_lead": "{rep}, {reminder}",
    "intro.warned.next_response": "Buongiorno {name}, l'acquirente ha chiesto di nuovo e il Suo tempo per "
    "rispondere sta per finire.",
    "intro.warned.next_attempt": "Buongiorno {name}, il Suo tempo per riprovare con questo acquirente sta "
    "per finire.",
    "intro.warned.outcome": "Buongiorno {name}, il Suo tempo per dire come va questo lead sta per finire.",
    "intro.breached.accept": "Buongiorno {name}, {rep} non ha accettato in tempo questo lead, che attende "
    "la Sua decisione.",
    "intro.breached.next_response": "Buongiorno {name}, l'acquirente di questo lead di {rep} ha chiesto di "
    "nuovo e non ha avuto risposta in tempo.",
    "intro.breached.next_attempt": "Buongiorno {name}, il tentativo successivo per cui {rep} si è impegnato "
    "con questo acquirente non è stato fatto in tempo.",
    "intro.breached.outcome": "Buongiorno {name}, {rep} non ha detto nel tempo concordato come va questo "
    "lead.",
    "intro.reminded": "Buongiorno {name}, l'impegno era entro {when} ed è ancora aperto.",
    "intro.reminded_lead": "Buongiorno {name}, l'impegno di {rep} era entro {when} ed è ancora aperto.",
    "trial.subject": "[Prova] {subject}",
    "trial.mark": "Prova di {agreement}: non ha alcuna conseguenza.",
    "trial.breached": "Buongiorno {name}, con l'accordo in prova {rep} avrebbe violato un impegno su "
    "questo lead.",
    "deadline.next_response": "Risposta successiva entro {when}",
    "deadline.next_attempt": "Tentativo successivo entro {when}",
    "deadline.outcome": "Esito entro {when}",
}
