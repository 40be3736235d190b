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
 * Web service local_thaksa_get_totals.
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
use local_thaksa\totals;

defined('MOODLE_INTERNAL') || die();

require_once(__DIR__ . '/../../compat.php');

/**
 * How many completions and enrolments each course has. The README of the plugin tells the contract in full.
 */
class get_totals extends external_api {
    /**
     * The parameters.
     *
     * @return external_function_parameters
     */
    public static function execute_parameters(): external_function_parameters {
        return new external_function_parameters([
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
     * The totals.
     *
     * @param int[] $courseids
     * @param bool[] $include
     * @return array
     */
    public static function execute(array $courseids = [], array $include = []): array {
        global $CFG;
        $params = self::validate_parameters(
            self::execute_parameters(),
            ['courseids' => $courseids, 'include' => $include]
        );
        $context = \context_system::instance();
        self::validate_context($context);
        require_capability('local/thaksa:read', $context);
        $now = time();
        $activities = !empty($params['include']['activities']);
        return [
            'siteurl' => $CFG->wwwroot,
            'now' => $now,
            'courses' => totals::of(new courses($params['courseids']), $activities),
        ];
    }

    /**
     * The answer.
     *
     * @return external_single_structure
     */
    public static function execute_returns(): external_single_structure {
        $sum = 'the sum of ((user id * time) modulo 2147483647), with ';
        return new external_single_structure([
            'siteurl' => new external_value(PARAM_RAW, 'the address of this site, as site info tells it'),
            'now' => new external_value(PARAM_INT, 'the clock of this site (seconds)'),
            'courses' => new external_multiple_structure(new external_single_structure([
                'courseid' => new external_value(PARAM_INT, 'course id'),
                'completions' => new external_value(PARAM_INT, 'completions of users who are not deleted'),
                'completionsum' => new external_value(PARAM_INT, $sum . 'timecompleted'),
                'enrolments' => new external_value(PARAM_INT, 'users, not deleted, who are enrolled in whatever status'),
                'enrolmentsum' => new external_value(PARAM_INT, $sum . 'timeenrolled'),
                'activities' => new external_value(PARAM_INT, 'states of activities, if asked', VALUE_OPTIONAL),
                'activitysum' => new external_value(PARAM_INT, $sum . 'timemodified, if asked', VALUE_OPTIONAL),
            ]), 'by ascending course id; courses that are not told are not observable'),
        ]);
    }
}
