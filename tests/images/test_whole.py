"""The tests of the whole that need nothing but the installation's addresses, against the images."""

from tests.e2e.test_duplicates import (
    test_marketing_is_asked_of_two_who_have_said_who_they_are_and_can_take_its_word_back,
)
from tests.e2e.test_leads import (
    test_a_person_who_asks_for_both_lines_reaches_two_reps_who_see_each_other,
    test_a_second_start_on_the_same_folder_goes_on_with_the_same_data,
)
from tests.e2e.test_own_leads import (
    test_it_is_its_finders_and_no_lead_of_marketings_and_who_is_known_stays_with_who_has_them,
)
from tests.e2e.test_promises import (
    test_no_promise_that_was_kept_counts_as_broken_after_the_monitor_was_away,
)
from tests.e2e.test_refusals import (
    test_a_body_is_refused_with_what_to_send_instead,
    test_a_body_without_end_is_refused_while_it_streams,
    test_a_form_that_never_was_is_not_found,
    test_a_key_used_for_something_else_is_refused,
    test_a_repeat_of_any_kind_is_one_submission,
    test_what_its_sender_cannot_correct_is_taken_and_waits_in_quarantine,
)
from tests.e2e.test_rehearsal import (
    test_a_files_leads_are_all_accounted_for_with_what_was_planted,
    test_what_cannot_be_rehearsed_is_told,
)
from tests.e2e.test_vendors import (
    test_a_notice_that_names_nobody_waits_in_quarantine_with_what_it_lacks,
    test_a_vendors_body_becomes_a_lead,
    test_every_collected_body_is_a_lead_or_a_refusal_with_its_reason,
)

__all__ = [
    "test_a_body_is_refused_with_what_to_send_instead",
    "test_a_body_without_end_is_refused_while_it_streams",
    "test_a_files_leads_are_all_accounted_for_with_what_was_planted",
    "test_a_form_that_never_was_is_not_found",
    "test_a_key_used_for_something_else_is_refused",
    "test_a_notice_that_names_nobody_waits_in_quarantine_with_what_it_lacks",
    "test_a_person_who_asks_for_both_lines_reaches_two_reps_who_see_each_other",
    "test_a_repeat_of_any_kind_is_one_submission",
    "test_a_second_start_on_the_same_folder_goes_on_with_the_same_data",
    "test_a_vendors_body_becomes_a_lead",
    "test_every_collected_body_is_a_lead_or_a_refusal_with_its_reason",
    "test_it_is_its_finders_and_no_lead_of_marketings_and_who_is_known_stays_with_who_has_them",
    "test_marketing_is_asked_of_two_who_have_said_who_they_are_and_can_take_its_word_back",
    "test_no_promise_that_was_kept_counts_as_broken_after_the_monitor_was_away",
    "test_what_cannot_be_rehearsed_is_told",
    "test_what_its_sender_cannot_correct_is_taken_and_waits_in_quarantine",
]
