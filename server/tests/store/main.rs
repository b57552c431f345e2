//! One conformance suite for every store. Each promise is a function of a place where a store can be opened, so that it
//! names no database; `sqlite.rs` has what only the SQLite file can break.

// The promises and their helpers may fail as tests do; clippy knows only functions marked as tests.
#![allow(clippy::expect_used, clippy::panic)]

mod audit;
mod bulletins;
mod campaigns;
mod claims;
mod devices;
mod disputes;
mod dossiers;
mod erasing;
mod feeds;
mod held;
mod import;
mod ingest;
mod ledger;
mod processes;
mod sqlite;
mod stage;

use canvass_server::store::Store;
use std::sync::Arc;

/// A place with a store's data. Opening it again while another handle is open is another process.
trait Place {
    /// Opens the store there.
    fn open(&self) -> Arc<dyn Store>;
}

/// Runs every promise against a kind of place.
macro_rules! conformance {
    ($store:ident: $place:expr; $($area:ident { $($promise:ident),* $(,)? })*) => {
        mod $store {
            $(mod $area {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    crate::$area::$promise(&$place).await;
                })*
            })*
        }
    };
}

conformance! { on_sqlite: crate::sqlite::Folder::new();
    ingest {
        a_push_sent_twice_is_accepted_then_known,
        each_change_has_a_verdict_of_its_own,
        many_pushes_at_once_are_all_there_after_reopening,
        an_order_that_fails_takes_nobody_along_and_leaves_nothing,
        a_change_called_by_another_kind_gains_no_rights,
        nobody_writes_a_record_of_another_units,
        a_record_always_fits_into_a_response,
    }
    feeds {
        a_new_prospect_is_assigned_to_its_authors_home_unit,
        who_begins_a_community_is_told_that_another_unit_works_it,
        a_visit_to_an_unknown_prospect_is_its_authors_until_the_prospect_is_known,
        a_verdict_on_an_unknown_prospects_outcome_is_shown_to_nobody,
        a_kind_from_the_future_is_its_authors_alone,
        a_small_budget_brings_the_same_as_a_large_one,
        who_has_everything_gets_only_the_new_change,
        a_leader_twice_in_a_branch_gets_each_record_once,
    }
    devices {
        an_invitation_brings_in_one_phone_within_its_time,
        five_wrong_codes_make_an_invitation_void_for_its_own_code_too,
        a_revocation_by_another_process_holds_for_the_next_request,
        a_clock_that_is_wrong_is_told_until_it_is_right_again,
    }
    dossiers {
        a_dossier_is_for_its_people_and_leaders_and_moves_with_the_prospect,
        a_phone_that_held_a_dossier_lets_it_go_with_the_prospect,
        who_leaves_a_unit_lets_go_of_its_records_in_bounded_batches,
        a_reading_is_noted_once_however_often_it_arrives,
        who_goes_to_another_unit_lets_go_of_the_dossiers_of_the_old_one,
        other_roles_bring_other_records,
        a_dossier_reads_back_rebuilds_and_counts_for_nothing,
    }
    erasing {
        what_is_pushed_to_something_erased_is_known_or_refused_and_never_kept,
        every_phone_is_told_of_it_wherever_it_stands,
        what_a_leader_was_to_decide_goes_along,
        a_file_that_still_names_it_brings_nothing_back,
        what_was_refused_about_it_goes_along,
    }
    held {
        work_on_what_was_reassigned_meanwhile_is_taken_within_a_lease,
        older_work_is_held_until_a_leader_accepts_or_refuses_it,
        a_phone_cannot_have_been_told_of_what_came_later,
        a_revoked_phone_hands_over_once_and_a_leader_decides,
        neither_a_hand_over_nor_a_leader_goes_round_the_matrix,
        a_token_from_before_the_last_one_claims_nothing,
        a_held_dossier_is_shown_to_nobody_whatever_it_calls_itself,
    }
    import {
        a_prospect_from_a_file_is_its_units_and_the_same_file_again_changes_nothing,
        a_newer_file_edits_what_it_says_otherwise_and_leaves_corrections_alone,
        an_order_that_cannot_be_written_leaves_the_batch_unwritten,
        a_phones_prospect_is_found_in_its_district_and_marked_as_a_twin,
        a_bank_is_extended_and_its_phones_stay,
    }
    ledger {
        what_is_kept_by_difference_equals_a_rebuild_after_random_work,
        new_weights_change_no_contribution,
        a_new_period_is_counted_anew,
        a_campaign_that_names_a_prospect_is_counted,
        a_withdrawn_or_unreadable_campaign_counts_nothing,
        a_transfer_moves_what_was_achieved_since,
        work_of_a_phone_that_becomes_known_again_counts_again,
        a_result_credited_to_a_unit_has_its_person_again_once_their_phone_is_known,
        an_outcome_edited_after_its_verification_is_pending_again,
        a_prospect_that_comes_after_its_outcomes_brings_its_team,
        contributions_are_found_by_unit_person_and_prospect,
        each_version_grows_with_what_it_is_of_and_with_nothing_else,
    }
    bulletins {
        what_comes_after_the_cut_off_makes_a_revision_that_names_its_causes,
        a_bulletin_recomputes_whatever_was_corrected_or_erased_since,
        a_changed_rule_and_a_unit_that_went_elsewhere_are_named_as_causes,
        what_a_rebuild_makes_go_is_gone_from_the_next_bulletin,
        sealing_beside_sixty_four_writers_loses_and_doubles_nothing,
        only_head_office_seals_and_only_weeks_that_are_over,
        whoever_was_heard_of_since_the_week_ended_has_reported,
    }
    claims {
        claims_wait_in_the_order_in_which_they_came_for_whoever_may_judge_them,
        a_verdict_on_what_was_seen_is_on_nothing_that_came_since,
        what_people_disagree_about_is_not_judged_until_they_chose,
        a_verdict_credits_the_amount_day_and_unit_that_the_ledger_says,
        a_booking_is_found_whoever_claims_it_and_whoever_judges_it,
        a_ledger_file_is_kept_once_and_read_back_as_it_was,
    }
    disputes {
        a_leader_doubts_a_verifier_settles_and_the_trail_stays,
        a_community_under_two_records_is_one_in_the_market,
    }
    campaigns {
        a_campaign_made_in_the_browser_reaches_phones_and_counts,
        only_head_office_makes_edits_and_rehearses_campaigns,
        an_edit_puts_only_what_differs_and_names_it_in_the_log,
        an_edit_upon_what_somebody_else_changed_meanwhile_is_refused_and_loses_nothing,
        a_phone_and_the_browser_at_once_conflict_and_the_last_unconflicted_rules_hold,
        a_withdrawn_campaign_counts_nothing_until_it_is_brought_back,
        a_rehearsal_says_what_saving_the_draft_then_says_and_writes_nothing,
    }
    audit {
        a_verdict_is_given_by_whom_the_matrix_lets_and_noted_with_who_gave_it,
        whose_rights_changed_is_noted_and_what_changed_nothing_is_not,
        entries_are_found_by_who_what_whom_and_when,
    }
    processes {
        all_that_was_written_is_there_after_reopening,
        each_process_sees_the_others_bank_and_campaigns,
        a_campaign_edited_by_turns_is_counted_as_it_stands,
        two_processes_write_at_once_and_nothing_is_lost,
    }
}
