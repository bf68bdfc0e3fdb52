import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-3JZTEIDJ.js";import"./chunk-5XXFR2IT.js";import"./chunk-D5X673HY.js";export{b as eventPayload,a as pullRequestOfEvent,c as runNumber};
