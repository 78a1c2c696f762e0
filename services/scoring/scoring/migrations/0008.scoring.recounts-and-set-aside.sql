-- Form health counted again after a replay, waves of spam by the minute, and rows that broke an action set aside.

-- depends: 0007.scoring.signals

ALTER TABLE form_troubles ADD COLUMN last_stored_at timestamptz;
COMMENT ON COLUMN form_troubles.slot IS 'The minute: of suspects and of those that a wave held back, in which they were received; of leads given up, in which they were stored.';
COMMENT ON COLUMN form_troubles.last_stored_at IS 'When the last of them was stored: a wave that a spool brings late is told all the same.';

CREATE TABLE form_recounts (
    form_id text PRIMARY KEY,
    asks bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE form_recounts IS 'Forms of which submissions came again, mapped anew or released: their health is to be counted again. asks: how often since it was counted; first_at, last_at: when.';

ALTER TABLE replays
    ADD COLUMN error text,
    ADD COLUMN set_aside jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN replays.error IS 'Why it ended before its time.';
COMMENT ON COLUMN replays.set_aside IS 'The first submissions that could not be mapped again, each with the reason.';

ALTER TABLE quarantine_actions ADD COLUMN set_aside jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN quarantine_actions.set_aside IS 'What it could not deal with, each with the reason; they wait for a decision again.';
