//! The rules, one file each.

use crate::rule::Rule;

/// Declares the rules of a family: the modules, and the table.
macro_rules! rules {
    ($($(#[$doc:meta])* $family:ident { $($rule:ident),* $(,)? })*) => {
        $($(#[$doc])* pub(crate) mod $family {
            $(pub(crate) mod $rule; pub(super) use $rule::RULE as $rule;)*
        })*

        static RULES: &[&Rule] = &[$($(&$family::$rule,)*)*];
    };
}

rules! {
    /// `UWX`: the text of a file.
    syntax {
        malformed_line,
        outside_section,
        unreadable_rest,
        doubtful_text,
        invalid_value,
        invalid_word,
        silently_skipped_word,
        refused,
        unknown_key,
        unknown_section,
        wrong_section,
        empty_without_reset,
        unknown_escape,
        suppression_without_reason,
        idle_suppression,
    }

    /// `UWV`: settings that the systemd aimed at does not know.
    version {
        too_new_key,
        removed_key,
        old_name,
        too_new_value,
        outdated_value,
    }

    /// `UWC`: settings that do nothing where they stand.
    no_effect {
        keep_caps_beside_no_setuid_fixup,
        limit_nproc_for_root,
        cancelled_tmpfs,
        losing_path,
        path_below_inaccessible,
        idle_read_write_path,
        exec_paths_without_no_exec_paths,
        error_number_without_filter,
        allow_without_deny,
        device_without_node,
        ambient_outside_bounding_set,
        ambient_capabilities_for_root,
        capability_taken_away,
        capability_in_user_namespace,
        overridden_by_dynamic_user,
        replaced_secure_bits,
        namespaces_add_up,
        allow_line_after_deny_line,
        command_outside_sandbox,
        without_effect_in_user_manager,
        user_manager_without_user_namespace,
        missing_companion,
        protect_proc_for_root,
        remove_ipc_for_root,
    }

    /// `UWD`: drop-ins that switch protections off.
    weakening {
        weakening_drop_in,
        emptied_list,
        capabilities_added,
        root_again,
        reopened_system,
    }

    /// `UWH`: protection that a neighbour leaves open.
    hole {
        foreign_memory_calls,
        foreign_socket_calls,
        foreign_calls_past_deny_list,
        code_through_files,
        user_namespaces_left,
        capability_against_sandbox,
        ambient_root,
        root_with_all_capabilities,
        reopened_tree,
        raw_disks,
        shared_temporary_file,
        deny_list_misses_sibling,
        dangerous_set_allowed,
        io_uring_past_filter,
        every_address_allowed,
        device_wildcard,
        secret_in_environment,
        unlocked_secure_bits,
        privileges_can_rise,
        user_nobody,
        files_for_everybody,
        library_path_for_everybody,
    }

    /// `UWB`: settings that break the service.
    breakage {
        missing_path,
        path_in_empty_file_system,
        missing_program,
        program_not_executable,
        hidden_program,
        code_made_at_run_time,
        hidden_working_directory,
        network_cut_off,
        hidden_device,
        read_only_state,
        notification_denied,
        unknown_user,
        fixed_path_of_dynamic_user,
        loader_calls_denied,
        execve_denied,
        helper_without_privileges,
        hidden_pid_file,
        null_device_denied,
        command_against_protection,
        delegated_tree_read_only,
    }

    /// `UWP`: what the administrator demands.
    policy {
        required_setting,
        expired_exception,
        idle_exception,
    }
}

/// Every rule, by family and code.
#[must_use]
pub fn rules() -> &'static [&'static Rule] {
    RULES
}

/// The rule with this code, in any case, or with this name.
#[must_use]
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|r| r.code.eq_ignore_ascii_case(code_or_name) || r.name == code_or_name)
}
