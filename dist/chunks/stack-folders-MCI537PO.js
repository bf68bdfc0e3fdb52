import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-5Y35OU2X.js";import"./chunk-ZO4SO6IF.js";import"./chunk-TXVXW3EB.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as stackFolders};
