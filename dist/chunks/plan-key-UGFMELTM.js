import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-WD6NTRXT.js";import"./chunk-T3E2ZUGE.js";import"./chunk-KDAVWTIF.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{b as encryptionOf,a as planKey};
