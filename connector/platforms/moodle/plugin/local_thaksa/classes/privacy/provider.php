<?php
// This file is part of Moodle - http://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <http://www.gnu.org/licenses/>.

/**
 * Privacy: what the plugin stores, and what it hands to a connector.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;
use local_thaksa\change_log;

/**
 * The change log belongs to the context of its course; what has no course belongs to the system.
 */
class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    /**
     * What is stored and what is handed on.
     *
     * @param collection $collection
     * @return collection
     */
    public static function get_metadata(collection $collection): collection {
        $about = 'privacy:metadata:change';
        $collection->add_database_table(change_log::TABLE, [
            'kind' => "$about:kind",
            'courseid' => "$about:courseid",
            'userid' => "$about:userid",
            'timechanged' => "$about:timechanged",
        ], $about);
        $about = 'privacy:metadata:connector';
        $collection->add_external_location_link('connector', [
            'account' => "$about:account",
            'enrolment' => "$about:enrolment",
            'completion' => "$about:completion",
            'activities' => "$about:activities",
        ], $about);
        return $collection;
    }

    /**
     * Contexts with changes of a user.
     *
     * @param int $userid
     * @return contextlist
     */
    public static function get_contexts_for_userid(int $userid): contextlist {
        $list = new contextlist();
        $list->add_from_sql(
            'SELECT ctx.id
               FROM {local_thaksa_change} ch
               JOIN {context} ctx ON (ctx.contextlevel = :course AND ctx.instanceid = ch.courseid)
                                  OR (ctx.contextlevel = :system AND ch.courseid = 0)
              WHERE ch.userid = :userid',
            ['course' => CONTEXT_COURSE, 'system' => CONTEXT_SYSTEM, 'userid' => $userid]
        );
        return $list;
    }

    /**
     * Users with changes in a context.
     *
     * @param userlist $userlist
     */
    public static function get_users_in_context(userlist $userlist) {
        $courseid = self::courseid($userlist->get_context());
        if ($courseid !== null) {
            $sql = 'SELECT userid FROM {local_thaksa_change} WHERE courseid = :courseid AND userid > 0';
            $userlist->add_from_sql('userid', $sql, ['courseid' => $courseid]);
        }
    }

    /**
     * Hands out the changes of a user.
     *
     * @param approved_contextlist $contextlist
     */
    public static function export_user_data(approved_contextlist $contextlist) {
        global $DB;
        foreach ($contextlist->get_contexts() as $context) {
            $courseid = self::courseid($context);
            if ($courseid === null) {
                continue;
            }
            $key = ['courseid' => $courseid, 'userid' => $contextlist->get_user()->id];
            $changes = array_map(
                fn(\stdClass $row): array => ['kind' => $row->kind, 'time' => transform::datetime($row->timechanged)],
                array_values($DB->get_records(change_log::TABLE, $key, 'id'))
            );
            if ($changes) {
                $path = [get_string('pluginname', 'local_thaksa')];
                writer::with_context($context)->export_data($path, (object)['changes' => $changes]);
            }
        }
    }

    /**
     * Deletes the changes of everybody in a context.
     *
     * @param \context $context
     */
    public static function delete_data_for_all_users_in_context(\context $context) {
        global $DB;
        $courseid = self::courseid($context);
        if ($courseid !== null) {
            $DB->delete_records_select(change_log::TABLE, 'courseid = ? AND userid > 0', [$courseid]);
        }
    }

    /**
     * Deletes the changes of a user in some contexts.
     *
     * @param approved_contextlist $contextlist
     */
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        foreach ($contextlist->get_contexts() as $context) {
            self::delete($context, [$contextlist->get_user()->id]);
        }
    }

    /**
     * Deletes the changes of some users in a context.
     *
     * @param approved_userlist $userlist
     */
    public static function delete_data_for_users(approved_userlist $userlist) {
        self::delete($userlist->get_context(), $userlist->get_userids());
    }

    /**
     * Deletes the changes of some users in a context.
     *
     * @param \context $context
     * @param int[] $userids
     */
    private static function delete(\context $context, array $userids) {
        global $DB;
        $courseid = self::courseid($context);
        if ($courseid === null || !$userids) {
            return;
        }
        [$in, $params] = $DB->get_in_or_equal($userids, SQL_PARAMS_NAMED);
        $params['courseid'] = $courseid;
        $DB->delete_records_select(change_log::TABLE, "courseid = :courseid AND userid $in", $params);
    }

    /**
     * The course id that the change log has for a context; null: it has none.
     *
     * @param \context $context
     * @return int|null
     */
    private static function courseid(\context $context): ?int {
        if ($context->contextlevel == CONTEXT_SYSTEM) {
            return 0;
        }
        return $context->contextlevel == CONTEXT_COURSE ? (int)$context->instanceid : null;
    }
}
