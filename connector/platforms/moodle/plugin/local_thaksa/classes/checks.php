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
 * What must be set up before a connector can read the site.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace local_thaksa;

/**
 * The steps of the installation, each done or not.
 */
class checks {
    /**
     * The steps in their order.
     *
     * @return bool[] by name: the strings check_NAME tell what they mean
     */
    public static function all(): array {
        global $CFG, $DB;
        $service = $DB->get_record('external_services', ['shortname' => 'thaksa', 'component' => 'local_thaksa']);
        $users = $service
            ? $DB->get_fieldset_select('external_services_users', 'userid', 'externalserviceid = ?', [$service->id])
            : [];
        $context = \context_system::instance();
        return [
            'completion' => !empty($CFG->enablecompletion),
            'webservices' => !empty($CFG->enablewebservices),
            'protocol' => in_array('rest', explode(',', $CFG->webserviceprotocols ?? '')),
            'service' => $service && $service->enabled,
            'account' => (bool)$users,
            'read' => (bool)array_filter($users, fn($id): bool => has_capability('local/thaksa:read', $context, $id)),
            'token' => $service && $DB->record_exists('external_tokens', ['externalserviceid' => $service->id]),
        ];
    }

    /**
     * The steps as a list for the settings page.
     *
     * @return string HTML
     */
    public static function html(): string {
        $items = [];
        foreach (self::all() as $name => $done) {
            $mark = \html_writer::tag('strong', get_string($done ? 'ready' : 'open', 'local_thaksa'));
            $items[] = get_string('check_' . $name, 'local_thaksa') . ': ' . $mark;
        }
        return \html_writer::alist($items, null, 'ol');
    }
}
