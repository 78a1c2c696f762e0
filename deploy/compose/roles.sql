-- One role a service with a store. It may create its schema in the database, and do nothing outside it.
\set ON_ERROR_STOP on
\getenv scoring_password SCORING_PASSWORD
\getenv router_password ROUTER_PASSWORD
\getenv sla_monitor_password SLA_MONITOR_PASSWORD

REVOKE ALL ON DATABASE baton FROM PUBLIC;

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['baton_scoring', 'baton_router', 'baton_sla_monitor']) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE baton_scoring PASSWORD :'scoring_password';
ALTER ROLE baton_router PASSWORD :'router_password';
ALTER ROLE baton_sla_monitor PASSWORD :'sla_monitor_password';

GRANT CONNECT, CREATE, TEMPORARY ON DATABASE baton TO baton_scoring, baton_router, baton_sla_monitor;
