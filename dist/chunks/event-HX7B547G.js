import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-US7POG25.js";import"./chunk-TZB6SKJ7.js";import"./chunk-XH426OQS.js";export{b as eventPayload,a as pullRequestOfEvent,c as runNumber};
