import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-MWAXLJWO.js";import"./chunk-A3S4F33H.js";import"./chunk-KDAVWTIF.js";import"./chunk-NPAJ4O4G.js";import"./chunk-XH426OQS.js";export{b as encryptionOf,a as planKey};
