import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-7IAER5WJ.js";import"./chunk-LPCFQZ5Y.js";import"./chunk-KDAVWTIF.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{b as encryptionOf,a as planKey};
