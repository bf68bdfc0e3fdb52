import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-LNVHNREH.js";import"./chunk-OT24EUKS.js";import"./chunk-RJYMGB64.js";import"./chunk-TXVXW3EB.js";import"./chunk-D5X673HY.js";export{a as pullRequestsOf};
