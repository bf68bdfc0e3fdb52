import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-AHCKMEAA.js";import"./chunk-XVQSWIRU.js";import"./chunk-YZAMGQJN.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as readPlan};
