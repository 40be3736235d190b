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
 * English strings.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['check_account'] = 'An account is authorised for the service';
$string['check_completion'] = 'Completion tracking is enabled';
$string['check_protocol'] = 'The REST protocol is enabled';
$string['check_read'] = 'An authorised account has the capability local/thaksa:read';
$string['check_service'] = 'The service "thaksa" is enabled';
$string['check_token'] = 'There is a token for the service';
$string['check_webservices'] = 'Web services are enabled';
$string['install'] = 'What is left to do';
$string['install_desc'] = 'A connector reads this site through the web service "thaksa". Each line below must be ticked before it can.';
$string['open'] = 'Not yet';
$string['pluginname'] = 'Thaksa connector';
$string['privacy:metadata:change'] = 'When a learner completed a course again or was unenrolled, or when an account was deleted, so that the connector learns of it.';
$string['privacy:metadata:change:courseid'] = 'The course';
$string['privacy:metadata:change:kind'] = 'What changed';
$string['privacy:metadata:change:timechanged'] = 'When it changed';
$string['privacy:metadata:change:userid'] = 'The user';
$string['privacy:metadata:connector'] = 'A connector that an administrator gives a token reads who learns what with which result.';
$string['privacy:metadata:connector:account'] = 'ID number, full name, user name and e-mail address';
$string['privacy:metadata:connector:activities'] = 'Which activities are completed, and when';
$string['privacy:metadata:connector:completion'] = 'Which courses are completed, when, and the final grade';
$string['privacy:metadata:connector:enrolment'] = 'Enrolments, progress and last access to courses';
$string['ready'] = 'Done';
$string['thaksa:read'] = 'Read completions, enrolments and users through the Thaksa web service';
