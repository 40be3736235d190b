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
 * Web service local_thaksa_get_changes.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa\external;

use core_external\external_api;
use core_external\external_function_parameters;
use core_external\external_multiple_structure;
use core_external\external_single_structure;
use core_external\external_value;
use local_thaksa\courses;
use local_thaksa\page;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../../compat.php');

/**
 * What changed since a time. The README of the plugin tells the contract in full.
 */
class get_changes extends external_api {
    /** Most entries a page. */
    const MAX_LIMIT = 5000;

    /**
     * The parameters.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
            'since' => new external_value(PARAM_INT, 'changes at or after this time (seconds); 0: everything'),
            'after' => new external_value(PARAM_RAW, '"next" of the page before, empty for the first', VALUE_DEFAULT, ''),
            'limit' => new external_value(PARAM_INT, 'entries a page, 1 to 5000', VALUE_DEFAULT, self::MAX_LIMIT),
            'courseids' => new external_multiple_structure(
                new external_value(PARAM_INT, 'course id'),
                'only these courses; none: all',
                VALUE_DEFAULT,
                []
            ),
            'include' => new external_single_structure([
                'activities' => new external_value(PARAM_BOOL, 'states of activities too', VALUE_DEFAULT, false),
            ], 'what to tell besides', VALUE_DEFAULT, []),
        ]);
    }

    /**
     * A page of changes.
     *
     * @param int $since
     * @param string $after
     * @param int $limit
     * @param int[] $courseids
     * @param bool[] $include
     * @return array
     */
    public static function execute(
        int $since,
        string $after = '',
        int $limit = self::MAX_LIMIT,
        array $courseids = [],
        array $include = []
    ): array {
        $params = self::validate_parameters(self::execute_parameters(), [
            'since' => $since, 'after' => $after, 'limit' => $limit, 'courseids' => $courseids, 'include' => $include,
        ]);
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/thaksa:read', $context);
        if ($params['since'] < 0) {
            throw new \invalid_parameter_exception('since: a time in seconds, or 0');
        }
        if ($params['limit'] < 1 || $params['limit'] > self::MAX_LIMIT) {
            throw new \invalid_parameter_exception('limit: 1 to ' . self::MAX_LIMIT);
        }
        $now = time();
        $page = new page(
            new courses($params['courseids']),
            $params['since'],
            $params['after'],
            $params['limit'],
            !empty($params['include']['activities']),
            $now
        );
        return ['now' => $now] + $page->read();
    }

    /**
     * The answer.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        return new external_single_structure([
            'now' => self::time('the clock of this site'),
            'until' => self::time('"since" of the next reading; the same on every page of one reading'),
            'next' => new external_value(PARAM_RAW, '"after" of the next page; empty: this is the last'),
            'users' => self::list_of([
                'id' => new external_value(PARAM_INT, 'user id'),
                'idnumber' => new external_value(PARAM_RAW, 'ID number'),
                'fullname' => new external_value(PARAM_RAW, 'full name'),
                'email' => new external_value(PARAM_RAW, 'e-mail address; empty once deleted'),
                'username' => new external_value(PARAM_RAW, 'user name; empty once deleted'),
                'deleted' => new external_value(PARAM_BOOL, 'the account was deleted'),
                'suspended' => new external_value(PARAM_BOOL, 'the account is suspended'),
            ], 'users that the page mentions, and those that changed'),
            'courses' => self::list_of([
                'id' => new external_value(PARAM_INT, 'course id'),
                'shortname' => new external_value(PARAM_RAW, 'short name'),
                'fullname' => new external_value(PARAM_RAW, 'full name'),
                'idnumber' => new external_value(PARAM_RAW, 'ID number'),
                'lang' => new external_value(PARAM_RAW, 'forced language, or empty'),
                'visible' => new external_value(PARAM_BOOL, 'shown to learners'),
                'hascriteria' => new external_value(PARAM_BOOL, 'has completion criteria: without, nobody can complete it'),
                'activities' => new external_value(PARAM_INT, 'activities that count for progress'),
            ], 'courses that the page mentions; on the first page also those that changed'),
            'gone' => self::list_of([
                'kind' => new external_value(PARAM_ALPHA, 'enrolment, completion, user or course'),
                'courseid' => new external_value(PARAM_INT, 'course id; 0: all'),
                'userid' => new external_value(PARAM_INT, 'user id; 0: everybody'),
                'time' => self::time('when'),
            ], 'what events say was deleted'),
            'rows' => self::list_of(self::row(), 'states of learners in courses'),
            'modules' => self::list_of([
                'cmid' => new external_value(PARAM_INT, 'course module id'),
                'courseid' => new external_value(PARAM_INT, 'course id'),
                'modname' => new external_value(PARAM_ALPHANUMEXT, 'kind of activity'),
                'name' => new external_value(PARAM_RAW, 'name'),
                'visible' => new external_value(PARAM_BOOL, 'shown to learners'),
            ], 'activities that "activities" mentions'),
            'activities' => self::list_of([
                'courseid' => new external_value(PARAM_INT, 'course id'),
                'cmid' => new external_value(PARAM_INT, 'course module id'),
                'userid' => new external_value(PARAM_INT, 'user id'),
                'state' => new external_value(PARAM_INT, '0 not complete, 1 complete, 2 passed, 3 failed'),
                'overrideby' => self::maybe(PARAM_INT, 'the user who set the state by hand'),
                'timemodified' => self::time('of the last change of state'),
            ], 'states of learners in activities'),
        ]);
    }

    /**
     * The state of a learner in a course.
     *
     * @return external_value[]
     */
    private static function row(): array {
        return [
            'courseid' => new external_value(PARAM_INT, 'course id'),
            'userid' => new external_value(PARAM_INT, 'user id'),
            'status' => new external_value(PARAM_ALPHA, 'of the enrolment: active, suspended, future, ended or none'),
            'timeenrolled' => self::maybe(PARAM_INT, 'when first enrolled'),
            'tracked' => new external_value(PARAM_BOOL, 'actively enrolled with a role whose completion is tracked'),
            'completed' => self::maybe(PARAM_BOOL, 'course completed; null: not, but the enrolment is not active'),
            'timestarted' => self::maybe(PARAM_INT, 'when the course was started'),
            'timecompleted' => self::maybe(PARAM_INT, 'when the course was completed'),
            'done' => new external_value(PARAM_INT, 'activities completed'),
            'progress' => self::maybe(PARAM_FLOAT, 'percent, as core_enrol_get_users_courses tells it'),
            'lastaccess' => self::maybe(PARAM_INT, 'when last in the course'),
            'timemodified' => self::time('of the last change of enrolment, completion, activity or grade'),
            'grade' => self::maybe(PARAM_FLOAT, 'final grade of the course, unless hidden'),
            'grademin' => self::maybe(PARAM_FLOAT, 'least possible grade'),
            'grademax' => self::maybe(PARAM_FLOAT, 'greatest possible grade'),
            'gradescaled' => self::maybe(PARAM_FLOAT, 'grade from 0 to 1'),
        ];
    }

    /**
     * A list.
     *
     * @param external_value[] $fields
     * @param string $about
     * @return external_multiple_structure
     */
    private static function list_of(array $fields, string $about): external_multiple_structure {
        return new external_multiple_structure(new external_single_structure($fields), $about);
    }

    /**
     * A value that may be null.
     *
     * @param string $type
     * @param string $about
     * @return external_value
     */
    private static function maybe(string $type, string $about): external_value {
        return new external_value($type, $about, VALUE_REQUIRED, null, NULL_ALLOWED);
    }

    /**
     * A time.
     *
     * @param string $about
     * @return external_value
     */
    private static function time(string $about): external_value {
        return new external_value(PARAM_INT, "$about (seconds)");
    }
}
