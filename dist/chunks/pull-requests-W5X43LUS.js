import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-6BI4WAH5.js";import"./chunk-FSL7RJYR.js";import"./chunk-5XXFR2IT.js";import"./chunk-D5X673HY.js";export{a as pullRequestsOf};
