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
 * Thai strings.
 *
 * @package    local_thaksa
 * @copyright  2026 The Thaksa project
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['check_account'] = 'มีบัญชีที่ได้รับอนุญาตให้ใช้บริการแล้ว';
$string['check_completion'] = 'เปิดการติดตามความสำเร็จแล้ว';
$string['check_protocol'] = 'เปิดโปรโตคอล REST แล้ว';
$string['check_read'] = 'บัญชีที่ได้รับอนุญาตมีสิทธิ์ local/thaksa:read';
$string['check_service'] = 'เปิดบริการ "thaksa" แล้ว';
$string['check_token'] = 'มีโทเค็นสำหรับบริการแล้ว';
$string['check_webservices'] = 'เปิดเว็บเซอร์วิสแล้ว';
$string['install'] = 'สิ่งที่ยังต้องทำ';
$string['install_desc'] = 'ตัวเชื่อมต่ออ่านข้อมูลของเว็บไซต์นี้ผ่านเว็บเซอร์วิส "thaksa" ทุกรายการด้านล่างต้องเรียบร้อยก่อนจึงจะเริ่มใช้งานได้';
$string['open'] = 'ยังไม่เรียบร้อย';
$string['pluginname'] = 'ตัวเชื่อมต่อทักษะ (Thaksa)';
$string['privacy:metadata:change'] = 'เวลาที่ผู้เรียนสำเร็จรายวิชาอีกครั้งหรือถูกถอนออกจากรายวิชา หรือเวลาที่บัญชีถูกลบ เพื่อให้ตัวเชื่อมต่อทราบ';
$string['privacy:metadata:change:courseid'] = 'รายวิชา';
$string['privacy:metadata:change:kind'] = 'สิ่งที่เปลี่ยนแปลง';
$string['privacy:metadata:change:timechanged'] = 'เวลาที่เปลี่ยนแปลง';
$string['privacy:metadata:change:userid'] = 'ผู้ใช้';
$string['privacy:metadata:connector'] = 'ตัวเชื่อมต่อที่ผู้ดูแลระบบออกโทเค็นให้ อ่านข้อมูลว่าใครเรียนอะไรและได้ผลอย่างไร';
$string['privacy:metadata:connector:account'] = 'หมายเลขประจำตัว ชื่อ-นามสกุล ชื่อผู้ใช้ และอีเมล';
$string['privacy:metadata:connector:activities'] = 'กิจกรรมที่ทำสำเร็จและเวลาที่ทำสำเร็จ';
$string['privacy:metadata:connector:completion'] = 'รายวิชาที่เรียนสำเร็จ เวลาที่สำเร็จ และคะแนนรวม';
$string['privacy:metadata:connector:enrolment'] = 'การลงทะเบียน ความก้าวหน้า และการเข้าใช้รายวิชาครั้งล่าสุด';
$string['ready'] = 'เรียบร้อย';
$string['thaksa:read'] = 'อ่านข้อมูลความสำเร็จ การลงทะเบียน และผู้ใช้ผ่านเว็บเซอร์วิส Thaksa';
