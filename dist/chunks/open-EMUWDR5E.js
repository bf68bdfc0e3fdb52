import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-NEMBFAEB.js";import"./chunk-GANYTGI4.js";import"./chunk-TZB6SKJ7.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as openGitHub};
