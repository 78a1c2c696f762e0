"""Promises in Spanish: warnings, breaches, reminders, and what is only tried."""

PROMISES: dict[str, str] = {
    "subject.warned.next_response": "{who} preguntó de nuevo y espera hasta el {when}",
    "subject.warned.next_attempt": "Vuelva a intentarlo con {who} antes del {when}",
    "subject.warned.outcome": "{who}: diga antes del {when} cómo va",
    "subject.gone": "{subject}; ha pasado el {gone} del tiempo",
    "subject.breached.accept": "{rep} no aceptó a tiempo: {who}",
    "subject.breached.next_response": "{who} preguntó de nuevo y {rep} no respondió a tiempo",
    "subject.breached.next_attempt": "{rep} no volvió a intentarlo a tiempo con {who}",
    "subject.breached.outcome": "{rep} no dijo a tiempo cómo va con {who}",
    "subject.reminded": "{who}: todavía sin respuesta, recordatorio {number} de {most}",
    "subject.reminded.accept": "{who}: todavía sin aceptar, recordatorio {number} de {most}",
    "subject.reminded.next_attempt": "{who}: todavía sin siguiente intento, recordatorio {number} de {most}",
    "subject.reminded.outcome": "{who}: todavía sin resultado, recordatorio {number} de {most}",
    "subject.reminded_lead": "{rep}, {reminder}",
    "intro.warned.next_response": "Hola, {name}: el comprador preguntó de nuevo y se acaba su tiempo para "
    "responder.",
    "intro.warned.next_attempt": "Hola, {name}: se acaba su tiempo para volver a intentarlo con este "
    "comprador.",
    "intro.warned.outcome": "Hola, {name}: se acaba su tiempo para decir cómo va este lead.",
    "intro.breached.accept": "Hola, {name}: {rep} no aceptó a tiempo este lead, que espera su decisión.",
    "intro.breached.next_response": "Hola, {name}: el comprador de este lead de {rep} preguntó de nuevo y "
    "no tuvo respuesta a tiempo.",
    "intro.breached.next_attempt": "Hola, {name}: el siguiente intento al que {rep} se comprometió con "
    "este comprador no se hizo a tiempo.",
    "intro.breached.outcome": "Hola, {name}: {rep} no ha dicho en el plazo acordado cómo va este lead.",
    "intro.reminded": "Hola, {name}: su compromiso vencía el {when} y sigue pendiente.",
    "intro.reminded_lead": "Hola, {name}: el compromiso de {rep} vencía el {when} y sigue pendiente.",
    "trial.subject": "[Prueba] {subject}",
    "trial.mark": "Prueba de {agreement}: no tiene ninguna consecuencia.",
    "trial.breached": "Hola, {name}: con el acuerdo en prueba, {rep} habría incumplido un compromiso "
    "sobre este lead.",
    "deadline.next_response": "Siguiente respuesta antes del {when}",
    "deadline.next_attempt": "Siguiente intento antes del {when}",
    "deadline.outcome": "Resultado antes del {when}",
}
