import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-KFVI7J5Y.js";import"./chunk-BRHPXKAY.js";import"./chunk-KDAVWTIF.js";import"./chunk-D5X673HY.js";export{a as pullsOnGitHub};
