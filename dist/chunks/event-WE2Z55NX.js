import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c,d}from"./chunk-XEIUMFPT.js";import"./chunk-TXVXW3EB.js";import"./chunk-D5X673HY.js";export{b as authorOfEvent,c as eventPayload,a as pullRequestOfEvent,d as runNumber};
