-- Who has heard of late answers to come and of declines that wait, and which messages in Slack lost their buttons.

-- depends: 0018.router.whatif

ALTER TABLE decisions ADD COLUMN late_told_at timestamptz;
UPDATE decisions SET late_told_at = at WHERE proof ? 'is_late';
COMMENT ON COLUMN decisions.late_told_at IS 'When the team lead heard that a late answer is expected, or was found not to be named. Null: to be told, where the proof says is_late.';
CREATE INDEX decisions_late_untold ON decisions (at) WHERE proof ? 'is_late' AND late_told_at IS NULL;

CREATE TABLE late_digests (
    rep_id text PRIMARY KEY,
    told_at timestamptz NOT NULL
);
COMMENT ON TABLE late_digests IS 'When each team lead was last told of late answers to come: they hear of them together.';

ALTER TABLE asked_declines
    ADD COLUMN told_at timestamptz,
    ADD COLUMN told text;
UPDATE asked_declines SET told_at = at;
COMMENT ON COLUMN asked_declines.told IS 'The team lead whose links decide on it; null: none is named, or it is still to be told.';
CREATE INDEX asked_declines_untold ON asked_declines (at) WHERE told_at IS NULL;

ALTER TABLE assignments ADD COLUMN buttons_gone_at timestamptz;
UPDATE assignments SET buttons_gone_at = ended_at;
COMMENT ON COLUMN assignments.buttons_gone_at IS 'When messages of an ended round that have buttons were set to be replaced. Null: to be done, once it has ended.';
CREATE INDEX assignments_with_buttons ON assignments (ended_at)
    WHERE buttons_gone_at IS NULL AND told_at IS NOT NULL AND ended_at IS NOT NULL;
