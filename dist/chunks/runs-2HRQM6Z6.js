import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-IXRNCHKH.js";import"./chunk-2C6RM7R3.js";import"./chunk-TZB6SKJ7.js";import"./chunk-XH426OQS.js";export{a as runsOf};
