-- Of the broken promises that are booked, those that sales does not answer for are booked as such, as they were said.

-- depends: 0016.sla-monitor.charges

INSERT INTO bookings (booked_in, of, measure, subject, goal, amount)
SELECT booked_in, of, 'broken_by_others', subject, goal, amount
FROM bookings
JOIN timers ON timers.id = subject
JOIN firings ON firings.timer_id = subject
    AND level = CASE WHEN breaches > 1 THEN 'breach:' || breaches ELSE 'breach' END
WHERE measure = 'broken' AND event ->> 'charged_to' NOT IN ('rep', 'sales_team');
