import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-TH5OWKRH.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{a as StalePlan};
