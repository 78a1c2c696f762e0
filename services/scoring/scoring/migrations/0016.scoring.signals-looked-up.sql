-- A batch of leads looks up a thousand names among the keys of acts: no look-up reads a list of what is not yet sorted in.

-- depends: 0015.scoring.nurturing

DROP INDEX signals_keys;
CREATE INDEX signals_keys ON signals USING gin (keys) WITH (fastupdate = off);
