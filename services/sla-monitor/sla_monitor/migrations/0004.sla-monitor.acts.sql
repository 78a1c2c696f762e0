-- What acts say beside their kind: reasons, pauses, outcomes and their value, what proves a rejection.

-- depends: 0003.sla-monitor.own-leads

ALTER TABLE facts
    ADD COLUMN code text,
    ADD COLUMN until timestamptz,
    ADD COLUMN asked_at timestamptz,
    ADD COLUMN result text,
    ADD COLUMN value_minor bigint,
    ADD COLUMN currency text,
    ADD COLUMN duplicate_of uuid,
    ADD COLUMN proof text,
    ADD COLUMN evidence text,
    ADD COLUMN wake_at timestamptz;
COMMENT ON COLUMN facts.code IS 'Why: of declined, rejected, recycled, paused, or a loss.';
COMMENT ON COLUMN facts.until IS 'Of a pause: when it ends by itself.';
COMMENT ON COLUMN facts.asked_at IS 'Of asked_again: the buyer''s act; at is when the rep was shown it.';
COMMENT ON COLUMN facts.result IS 'Of an outcome: meeting, opportunity, won, lost. With value_minor and currency where it names an amount.';
