"""Promises in Romanian: warnings, breaches, reminders, and what is only tried."""

PROMISES: dict[str, str] = {
    "subject.warned.next_response": "{who} a întrebat din nou și așteaptă până {when}",
    "subject.warned.next_attempt": "De încercat din nou până {when}: {who}",
    "subject.warned.outcome": "{who}: spuneți până {when} cum merge",
    "subject.gone": "{subject}; a trecut {gone} din timp",
    "subject.breached.accept": "{rep} nu a acceptat la timp: {who}",
    "subject.breached.next_response": "{who} a întrebat din nou, iar {rep} nu a răspuns la timp",
    "subject.breached.next_attempt": "{rep} nu a încercat din nou la timp: {who}",
    "subject.breached.outcome": "{rep} nu a spus la timp cum merge: {who}",
    "subject.reminded": "{who}: încă fără răspuns, memento {number} din {most}",
    "subject.reminded.accept": "{who}: încă neacceptat, memento {number} din {most}",
    "subject.reminded.next_attempt": "{who}: încă fără încercarea următoare, memento {number} din {most}",
    "subject.reminded.outcome": "{who}: încă fără rezultat, memento {number} din {most}",
    "subject.reminded_lead": "{rep}, {reminder}",
    "intro.warned.next_response": "Bună ziua, {name}, cumpărătorul a întrebat din nou și timpul "
    "dumneavoastră de răspuns se termină.",
    "intro.warned.next_attempt": "Bună ziua, {name}, timpul dumneavoastră pentru încercarea următoare la "
    "acest cumpărător se termină.",
    "intro.warned.outcome": "Bună ziua, {name}, timpul dumneavoastră pentru a spune cum merge acest lead "
    "se termină.",
    "intro.breached.accept": "Bună ziua, {name}, {rep} nu a acceptat la timp acest lead, care așteaptă "
    "decizia dumneavoastră.",
    "intro.breached.next_response": "Bună ziua, {name}, cumpărătorul acestui lead (agent: {rep}) a "
    "întrebat din nou și nu a primit răspuns la timp.",
    "intro.breached.next_attempt": "Bună ziua, {name}, încercarea următoare din angajamentul lui {rep} la "
    "acest cumpărător nu a fost făcută la timp.",
    "intro.breached.outcome": "Bună ziua, {name}, {rep} nu a spus în termenul convenit cum merge acest lead.",
    "intro.reminded": "Bună ziua, {name}, angajamentul dumneavoastră era până {when} și este încă deschis.",
    "intro.reminded_lead": "Bună ziua, {name}, angajamentul lui {rep} era până {when} și este încă deschis.",
    "trial.subject": "[Probă] {subject}",
    "trial.mark": "Probă pentru {agreement}: nu are nicio urmare.",
    "trial.breached": "Bună ziua, {name}, cu acordul în probă {rep} ar fi încălcat un angajament pentru "
    "acest lead.",
    "deadline.next_response": "Răspunsul următor până {when}",
    "deadline.next_attempt": "Încercarea următoare până {when}",
    "deadline.outcome": "Rezultat până {when}",
}
