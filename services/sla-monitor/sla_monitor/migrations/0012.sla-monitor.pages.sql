-- The weekly page and management's: what they said, and who was sent them, each once.

-- depends: 0008.sla-monitor.months

CREATE TABLE pages (
    page text NOT NULL CHECK (page IN ('weekly', 'monthly', 'closed')),
    period text NOT NULL,
    made_at timestamptz NOT NULL,
    due_at timestamptz,
    company text NOT NULL,
    figures jsonb NOT NULL,
    PRIMARY KEY (page, period)
);
COMMENT ON TABLE pages IS 'A page about a week (2026-W48) or month (2026-11), with the figures as they stood when it was made: everybody reads the same, a repeat too.';
COMMENT ON COLUMN pages.due_at IS 'Null: somebody asked for it.';

CREATE TABLE page_reports (
    page text NOT NULL,
    period text NOT NULL,
    language text NOT NULL,
    html text NOT NULL,
    PRIMARY KEY (page, period, language),
    FOREIGN KEY (page, period) REFERENCES pages
);
COMMENT ON TABLE page_reports IS 'The whole report that goes with management''s page, one a language.';

CREATE TABLE page_receivers (
    page text NOT NULL,
    period text NOT NULL,
    receiver text NOT NULL,
    language text NOT NULL,
    delivery_id uuid NOT NULL,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (page, period, receiver),
    FOREIGN KEY (page, period) REFERENCES pages
);
COMMENT ON TABLE page_receivers IS 'Who was sent which page, once: written with the row of deliveries in one transaction.';
CREATE INDEX page_receivers_sent ON page_receivers (sent_at);
