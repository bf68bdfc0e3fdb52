import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-VCPGKLHA.js";import"./chunk-2C6RM7R3.js";import"./chunk-GANYTGI4.js";import"./chunk-TZB6SKJ7.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as commentsOf};
