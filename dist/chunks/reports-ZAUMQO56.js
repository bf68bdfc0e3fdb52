import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{b as a,c as b}from"./chunk-PY6JXW32.js";import"./chunk-MUYRCNQB.js";import"./chunk-2J66CXC2.js";import"./chunk-BW7UES5C.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as REPORT_TYPE,b as openReports};
