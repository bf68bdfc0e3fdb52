import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-62R6GISS.js";import"./chunk-FDH6FNG4.js";import"./chunk-5XXFR2IT.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as stackFolders};
