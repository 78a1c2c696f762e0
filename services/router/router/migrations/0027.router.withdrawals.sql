-- Breaches that were none after all.

-- depends: 0026.router.pauses

ALTER TABLE timer_news ADD COLUMN withdraws uuid;
COMMENT ON COLUMN timer_news.withdraws IS 'Of a withdrawal: the breach that it takes back, whether that has come or is still to come.';
CREATE INDEX timer_news_withdraws ON timer_news (withdraws) WHERE withdraws IS NOT NULL;
