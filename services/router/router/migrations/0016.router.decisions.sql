-- Strategies remember in steps and levels; records name their candidates by a set; held leads say what they need.

-- depends: 0010.router.roster

ALTER TABLE pools
    ADD COLUMN steps bigint NOT NULL DEFAULT 0,
    ADD COLUMN value_floor double precision NOT NULL DEFAULT 0,
    ADD COLUMN value_mean double precision;
COMMENT ON COLUMN pools.steps IS 'Leads handed out since the set of reps in turn_weights last changed.';
COMMENT ON COLUMN pools.value_floor IS 'Level at which the last lead was handed out by value, and the mean value of a lead; minor units.';

ALTER TABLE turns
    ADD COLUMN served integer NOT NULL DEFAULT 0,
    ADD COLUMN level double precision;
COMMENT ON COLUMN turns.served IS 'Leads of the present set''s period; carried counts those of earlier ones. level: value handed to them for each unit of weight.';
UPDATE turns t SET carried = least(1, greatest(-1, t.carried + t.lag / w.total))
FROM (
    SELECT p.id, p.turn_weights, (SELECT sum(value::bigint) FROM jsonb_each_text(p.turn_weights))::double precision AS total
    FROM pools p
) AS w
WHERE w.id = t.pool_id AND w.total > 0 AND w.turn_weights ? t.rep_id;
UPDATE pools SET turn_weights = '{}';
ALTER TABLE turns DROP COLUMN lag;

CREATE TABLE candidate_sets (
    digest text PRIMARY KEY,
    members jsonb NOT NULL
);
COMMENT ON TABLE candidate_sets IS 'The reps of a pool as decisions found them: rep, weight, capacity, in order. Kept for good; nothing of buyers.';

ALTER TABLE decisions
    ADD COLUMN proof jsonb,
    ALTER COLUMN candidates SET DEFAULT '[]';
COMMENT ON COLUMN decisions.proof IS 'Who stood how and by which numbers the choice was made, so that it can be made again; see domain/proof.py. Null: decided before proofs were kept, see candidates.';

ALTER TABLE reps ADD COLUMN answered_at timestamptz;
COMMENT ON COLUMN reps.answered_at IS 'When they last contacted a buyer for the first time: from then on they can turn to the next.';

ALTER TABLE assignments ADD COLUMN talked_at timestamptz;
COMMENT ON COLUMN assignments.talked_at IS 'The first conversation with the buyer; contacted_at counts tries, too.';
ALTER TABLE timer_news ADD COLUMN told text;
COMMENT ON COLUMN timer_news.told IS 'The team lead who is to hear of a breach and decide; null where somebody else got the lead, or nobody is named.';

ALTER TABLE leads
    ADD COLUMN needs text NOT NULL DEFAULT '',
    ADD COLUMN relax_at timestamptz,
    ADD COLUMN value_minor bigint,
    ADD COLUMN chosen jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN told jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN leads.needs IS 'What a lead that waits asks of its rep beyond the line, as JSON; empty: nothing. From relax_at on what it only prefers is given up.';
COMMENT ON COLUMN leads.chosen IS 'What chose the pool that a lead waits in: rule, because, territory; so that whoever gets it is told.';
COMMENT ON COLUMN leads.value_minor IS 'Expected money in minor units of the company''s currency.';
COMMENT ON COLUMN leads.told IS 'What scoring told for people rather than for rules: persona, buyer_stage, consent, attribution, probability, expected_value.';
DROP INDEX leads_waiting;
CREATE INDEX leads_waiting ON leads (pool_id, line, needs, rank, received_at, id)
    WHERE state = 'held' AND handling IS NULL AND hold_reason <> 'waits_for_owner';
CREATE INDEX leads_waiting_for_owner ON leads (next_try_at) WHERE state = 'held' AND hold_reason = 'waits_for_owner';
CREATE INDEX leads_by_person ON leads (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX assignments_unanswered_of_rep ON assignments (rep_id) WHERE ended_at IS NULL AND contacted_at IS NULL;
CREATE INDEX assignments_of_rep_by_time ON assignments (rep_id, assigned_at);
