import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-RJYMGB64.js";import"./chunk-TXVXW3EB.js";import"./chunk-D5X673HY.js";export{a as accountSchema,b as viewer};
