"""Promises in Portuguese: warnings, breaches, reminders, and what is only tried."""

PROMISES: dict[str, str] = {
    "subject.warned.next_response": "{who} perguntou de novo e espera até {when}",
    "subject.warned.next_attempt": "Volte a tentar com {who} até {when}",
    "subject.warned.outcome": "{who}: diga até {when} como vai",
    "subject.gone": "{subject}; já passou {gone} do tempo",
    "subject.breached.accept": "{rep} não aceitou a tempo: {who}",
    "subject.breached.next_response": "{who} perguntou de novo e {rep} não respondeu a tempo",
    "subject.breached.next_attempt": "{rep} não voltou a tentar a tempo com {who}",
    "subject.breached.outcome": "{rep} não disse a tempo como vai com {who}",
    "subject.reminded": "{who}: ainda sem resposta, lembrete {number} de {most}",
    "subject.reminded.accept": "{who}: ainda por aceitar, lembrete {number} de {most}",
    "subject.reminded.next_attempt": "{who}: ainda sem a tentativa seguinte, lembrete {number} de {most}",
    "subject.reminded.outcome": "{who}: ainda sem resultado, lembrete {number} de {most}",
    "subject.reminded_lead": "{rep}, {reminder}",
    "intro.warned.next_response": "Olá, {name}: o comprador perguntou de novo e o seu tempo para responder "
    "está a acabar.",
    "intro.warned.next_attempt": "Olá, {name}: o seu tempo para voltar a tentar com este comprador está a "
    "acabar.",
    "intro.warned.outcome": "Olá, {name}: o seu tempo para dizer como vai este lead está a acabar.",
    "intro.breached.accept": "Olá, {name}: {rep} não aceitou a tempo este lead, que espera a sua decisão.",
    "intro.breached.next_response": "Olá, {name}: o comprador deste lead de {rep} perguntou de novo e não "
    "teve resposta a tempo.",
    "intro.breached.next_attempt": "Olá, {name}: a tentativa seguinte com que {rep} se comprometeu para "
    "este comprador não foi feita a tempo.",
    "intro.breached.outcome": "Olá, {name}: {rep} não disse no prazo acordado como vai este lead.",
    "intro.reminded": "Olá, {name}: o seu compromisso era até {when} e continua em aberto.",
    "intro.reminded_lead": "Olá, {name}: o compromisso de {rep} era até {when} e continua em aberto.",
    "trial.subject": "[Experiência] {subject}",
    "trial.mark": "Experiência de {agreement}: não tem consequências.",
    "trial.breached": "Olá, {name}: com o acordo em experiência, {rep} teria incumprido um compromisso "
    "sobre este lead.",
    "deadline.next_response": "Resposta seguinte até {when}",
    "deadline.next_attempt": "Tentativa seguinte até {when}",
    "deadline.outcome": "Resultado até {when}",
}
